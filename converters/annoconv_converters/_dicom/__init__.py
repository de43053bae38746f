"""What DICOM formats and the reader of DICOM images share.

Read: `elements`, `file`, `groups`, `series`, `slide`, `codestream`, `pixels`. Written, and needed by structured
reports, structure sets and bulk annotations as by segmentations: `encoding`, `implicit`, `texts`, `dates`, `codes`,
`colour`, `carrier`, `runs`, `patient`. Content trees, as acquisition contexts and structured displays have them too:
`content`, `content_read`.
"""
