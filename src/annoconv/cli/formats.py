"""`annoconv formats`: the formats and what can be done with each."""

from dataclasses import asdict

from annoconv.cli.report import Report
from annoconv.messages import translate


def formats(report: Report) -> None:
    """List every installed format."""
    from annoconv import registry

    found = registry.formats()
    report.add("formats", [asdict(each) for each in found])
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        ways = f"{'from' if each.reads else '':4} {'to' if each.writes else '':2}"
        report.say("{}", f"{each.name:{width}}  {ways}  {translate(each.summary, report.lang)}")
