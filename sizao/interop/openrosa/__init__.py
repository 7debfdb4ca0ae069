"""Forms for ODK Collect and whatever else speaks OpenRosa: the ledgers' own forms as XForms, and what was filled in, read back.

References: the OpenRosa 1.0 specifications (Form Discovery, Form Submission, Metadata), https://docs.getodk.org/openrosa/; the XForms subset of ODK, https://getodk.github.io/xforms-spec/.
"""
