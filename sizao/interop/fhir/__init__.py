"""FHIR R4 and R4B: bundles in and out."""
