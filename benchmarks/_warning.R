# Rscript _warning.R FOLDER WEEKS: times R's surveillance and EpiEstim on FOLDER/counts.csv and FOLDER/cases.csv; writes what they found there, and seconds as lines "name seconds".
suppressMessages({library(surveillance); library(EpiEstim)})
a <- commandArgs(TRUE); weeks <- as.integer(a[2])
counts <- as.matrix(read.csv(file.path(a[1], "counts.csv"))); at <- (nrow(counts) - weeks + 1):nrow(counts)
timed <- function(name, f) { t <- proc.time()[3]; r <- f(); cat(name, proc.time()[3] - t, "\n"); r }
series <- lapply(seq_len(ncol(counts)), function(i) sts(observed = counts[, i], start = c(2001, 1), frequency = 52))
keep <- function(name, rs) {
  write.csv(sapply(rs, function(r) as.vector(upperbound(r))), file.path(a[1], paste0(name, "_bound.csv")), row.names = FALSE)
  write.csv(sapply(rs, function(r) as.vector(alarms(r)) + 0), file.path(a[1], paste0(name, "_alarm.csv")), row.names = FALSE)
}
for (m in c("C1", "C2", "C3")) keep(m, timed(m, function() lapply(series, function(x) earsC(x, control = list(range = at, method = m, alpha = if (m == "C3") 0.025 else 0.001)))))
flexible <- list(range = at, b = 5, w = 3, noPeriods = 10, reweight = TRUE, weightsThreshold = 2.58, pastWeeksNotIncluded = 26, pThresholdTrend = 1, thresholdMethod = "nbPlugin", trend = TRUE, verbose = FALSE, glmWarnings = FALSE, alpha = 0.005)
keep("farrington", timed("farrington", function() lapply(series, function(x) suppressWarnings(farringtonFlexible(x, control = flexible)))))
cases <- as.matrix(read.csv(file.path(a[1], "cases.csv"))); days <- nrow(cases)
settings <- make_config(list(t_start = seq(2, days - 6), t_end = seq(8, days), mean_si = 6.3, std_si = 4.2))
found <- timed("rt", function() sapply(seq_len(ncol(cases)), function(i) as.matrix(suppressWarnings(suppressMessages(estimate_R(data.frame(I = cases[, i]), method = "parametric_si", config = settings)))$R[, c(3:11)])))
write.csv(found, file.path(a[1], "rt.csv"), row.names = FALSE)
