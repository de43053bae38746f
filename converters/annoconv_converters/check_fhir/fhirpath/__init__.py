"""FHIRPath, as far as HL7's definitions of FHIR use it: `compiled(expression)` is made once and asked often.

fhirpathpy, the only kept library in Python, needs an antlr4 that cannot stand beside the model generator's, and takes
milliseconds for what takes microseconds here; what is left out of the language no definition of HL7's has.
"""

from annoconv_converters.check_fhir.fhirpath.budget import Budget
from annoconv_converters.check_fhir.fhirpath.evaluation import Undecided, compiled, holds
from annoconv_converters.check_fhir.fhirpath.grammar import GrammarError

__all__ = ["Budget", "GrammarError", "Undecided", "compiled", "holds"]
