"""What is to be said of the quality of cases: a document for programs, and a page for people made of nothing else.

`subjects` are cases with what was found of them, `agreement` is what their readers agree in, `overlays` are the slices
to look at, `document` puts these together, `page` makes HTML of it; `sarif` and `junit` are findings as CI reads them.
"""
