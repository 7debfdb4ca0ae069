# Writes what R's surveillance says of series made here: counts.csv, ears.csv, farrington.csv, bayes.csv, cusum.csv. Call: Rscript surveillance.R FOLDER
suppressMessages(library(surveillance))
set.seed(11)
weeks <- 320; t <- 1:weeks
# Noufaily et al. 2013, the seven sets of parameters, each without and with trend and season; then what real feeds look like at their worst
sets <- rbind(c(0.1, 0.0025, 0.6, 0.6, 1.5), c(-2, 0.005, 0.1, 0.3, 2), c(1.5, 0.003, 0.2, -0.4, 1), c(0.5, 0.002, 0.5, 0.5, 5), c(2.5, 0.001, 1, 0.1, 3), c(3.75, 0.001, 0.1, -0.1, 1.1), c(5, 0.0001, 0.05, 0.01, 1.2))
made <- sapply(1:21, function(i) {
  p <- sets[(i - 1) %% 7 + 1, ]; trend <- i > 7; season <- i > 14
  mu <- exp(p[1] + trend * p[2] * t + season * (p[3] * cos(2 * pi * t / 52) + p[4] * sin(2 * pi * t / 52)))
  if (p[5] == 1) rpois(weeks, mu) else rnbinom(weeks, mu = mu, size = mu / (p[5] - 1))
})
counts <- cbind(made, c(rep(0, 200), rpois(120, 1)), rep(0, weeks), round(exp(t / 70)), rep(5, weeks))
counts[318, 3] <- 60
colnames(counts) <- paste0("s", seq_len(ncol(counts)) - 1)
out <- commandArgs(TRUE)[1]
write.csv(counts, file.path(out, "counts.csv"), row.names = FALSE, quote = FALSE)
z <- sts(counts, start = c(2000, 1), frequency = 52)
told <- function(run, r, at, expected) {
  n <- ncol(observed(r))
  data.frame(run = run, series = rep(seq_len(n) - 1, each = length(at)), week = rep(at - 1, n), expected = as.vector(expected), threshold = as.vector(upperbound(r)), alarm = as.vector(alarms(r)) + 0)
}
write <- function(rows, file) { k <- sapply(rows, is.double); rows[k] <- lapply(rows[k], signif, 15); write.csv(rows, file.path(out, file), row.names = FALSE, quote = FALSE) }
ears <- list()
for (m in c("C1", "C2", "C3")) for (a in c(0.001, 0.025)) {
  at <- 311:320
  ears[[length(ears) + 1]] <- told(paste0(m, " alpha ", a), earsC(z, control = list(range = at, method = m, baseline = 7, minSigma = 0, alpha = a)), at, NA)
}
ears[[length(ears) + 1]] <- told("C2 wide", earsC(z, control = list(range = 311:320, method = "C2", baseline = 9, minSigma = 0.5, alpha = 0.01)), 311:320, NA)
write(do.call(rbind, ears), "ears.csv")
at <- 318:320
flexible <- list(range = at, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58, verbose = FALSE, glmWarnings = FALSE, alpha = 0.005, trend = TRUE, pThresholdTrend = 1, limit54 = c(5, 4), powertrans = "2/3", fitFun = "algo.farrington.fitGLM.flexible", populationOffset = FALSE, noPeriods = 10, pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin")
rows <- list()
sink("/dev/null")
for (one in list(list("nbPlugin"), list("muan", thresholdMethod = "muan"), list("delta", thresholdMethod = "delta"), list("trend where significant", pThresholdTrend = 0.05),
                 list("windows alone", noPeriods = 1, pastWeeksNotIncluded = 3, weightsThreshold = 1, thresholdMethod = "delta", pThresholdTrend = 0.05, alpha = 0.05),
                 list("no trend", trend = FALSE), list("not reweighted", reweight = FALSE), list("three years", b = 3, w = 2, noPeriods = 5),
                 list("no power", powertrans = "none", thresholdMethod = "delta"), list("half power", powertrans = "1/2", thresholdMethod = "delta"))) {
  r <- suppressWarnings(farringtonFlexible(z, control = modifyList(flexible, one[-1])))
  rows[[length(rows) + 1]] <- told(one[[1]], r, at, r@control$expected)
}
r <- suppressWarnings(farrington(z, control = list(range = at, b = 5, w = 3, reweight = TRUE, verbose = FALSE, alpha = 0.05, trend = TRUE, limit54 = c(5, 4), powertrans = "2/3", fitFun = "algo.farrington.fitGLM.fast")))
rows[[length(rows) + 1]] <- told("original", r, at, NA)
sink()
write(do.call(rbind, rows), "farrington.csv")
at <- 311:320
rows <- list()
for (one in list(list("newest", b = 0, w = 6, actY = TRUE, alpha = 0.05), list("five years", b = 5, w = 3, actY = FALSE, alpha = 0.005), list("both", b = 3, w = 4, actY = TRUE, alpha = 0.001))) {
  sink("/dev/null")
  r <- bayes(z, control = c(list(range = at), one[-1]))
  sink()
  rows[[length(rows) + 1]] <- told(one[[1]], r, at, NA)
}
write(do.call(rbind, rows), "bayes.csv")
at <- 301:320
rows <- list()
# one series at a time: of several the package hands the mean of the first on to the others; its anscombeNegBin takes one mean alone
for (trans in c("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none")) for (m in if (trans == "anscombeNegBin") list(NULL, 4) else list(NULL, "glm", 4)) for (i in c(1, 3, 5, 8, 10, 12, 14, 16, 18, 21, 24, 25)) {
  one <- told(paste(trans, if (is.null(m)) "mean" else m), cusum(z[, i], control = list(range = at, k = 1.04, h = 2.26, m = m, trans = trans, alpha = 0.1)), at, NA)
  rows[[length(rows) + 1]] <- transform(one, series = i - 1)
}
write(do.call(rbind, rows), "cusum.csv")
