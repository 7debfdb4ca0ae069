# Rscript _accuracy.R FOLDER: for each FOLDER/<name>.counts.csv asks R's surveillance as FOLDER/<name>.ask says (method first last frequency years), and writes FOLDER/<name>.<method>.csv: alarms, a column a series.
suppressMessages(library(surveillance))
folder <- commandArgs(TRUE)[1]
for (ask in list.files(folder, "\\.ask$", full.names = TRUE)) {
  name <- sub("\\.ask$", "", basename(ask)); counts <- as.matrix(read.csv(file.path(folder, paste0(name, ".counts.csv"))))
  for (line in readLines(ask)) {
    a <- strsplit(line, " ")[[1]]; at <- as.integer(a[2]):as.integer(a[3]); years <- as.integer(a[5])
    flexible <- list(range = at, b = years, w = 3, noPeriods = 10, reweight = TRUE, weightsThreshold = 2.58, pastWeeksNotIncluded = 26, pThresholdTrend = 1, thresholdMethod = "nbPlugin", trend = TRUE, verbose = FALSE, glmWarnings = FALSE, alpha = 0.005)
    found <- sapply(seq_len(ncol(counts)), function(i) {
      x <- sts(observed = counts[, i], start = c(2001, 1), frequency = as.integer(a[4]))
      r <- suppressWarnings(if (a[1] == "farringtonFlexible") farringtonFlexible(x, control = flexible)
        else if (a[1] == "bayes") bayes(x, control = list(range = at, b = 0, w = 6, actY = TRUE, alpha = 0.005))
        else earsC(x, control = list(range = at, method = a[1], alpha = 0.001)))
      as.vector(alarms(r)) + 0
    })
    write.csv(found, file.path(folder, paste0(name, ".", a[1], ".csv")), row.names = FALSE)
  }
}
