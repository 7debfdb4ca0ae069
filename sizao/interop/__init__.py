"""Line lists of other offices: read as they are, every row accounted for, nothing guessed in silence."""
