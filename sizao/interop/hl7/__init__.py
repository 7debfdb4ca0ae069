"""HL7 v2: messages of laboratories and of notifying offices, each answered."""
