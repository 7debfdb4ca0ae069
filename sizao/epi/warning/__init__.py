"""Early warning: is the newest count more than what was to be expected? Each method takes (series, periods) of counts and answers for the last dates."""
