"""Files and folders as such: a request's outputs that appear together or not at all, names inside a folder, inflating.

All that one request writes (`-o`, `--losses`, side files, the masks of `x.json` in `x.masks`) is one set, `Outputs` in
`outputs`. Converters name each file or folder with `replacing` (`atomic`) and get a temporary one to write. The set

- is checked as a whole: no output names another, none is, contains or replaces an input (`inputs`), none exists
  unless it may be replaced, and a folder or side file is replaced only if annoconv wrote every byte of it (`manifest`);
- is written in one *stage* for each parent folder (`stage`): `.annoconv-` and twelve digits of a digest of the name
  of the first output there, so that it is short however long that name is. The stage is the lock too: of two runs at
  one target one wins, the other is refused, and what a killed run left is known by its lock being free. Each other
  output that the request names is locked by the stage of its own name;
- is synced in one pass (`disk`), then renamed. Where that takes more than one step a journal in the stage says so
  first: from then on annoconv sees the new set, because whoever comes next, reader or writer, finishes the steps;
  before that it sees the former one, and the next writer clears the stage.

Which side file belongs to a file that is read, whatever the two are called now, the seals tell (`side_files`).

`docs/outputs.md` says what a user sees of this.
"""
