# Writes what R's EpiEstim says of the epidemics that come with it: epiestim.csv and the data, epidemics.csv. Call: Rscript epiestim.R FOLDER
suppressMessages(library(EpiEstim)); options(warn = -1)
out <- commandArgs(TRUE)[1]; rows <- list(); data_rows <- list()
for (n in c("Flu2009", "SARS2003", "Measles1861", "Smallpox1972", "Flu1918")) {
  data(list = n); d <- get(n); cases <- as.numeric(if (is.data.frame(d$incidence)) d$incidence$I else d$incidence); w <- d$si_distr
  data_rows[[length(data_rows) + 1]] <- rbind(data.frame(epidemic = n, what = "cases", at = seq_along(cases) - 1, value = cases), data.frame(epidemic = n, what = "serial", at = seq_along(w) - 1, value = w))
  starts <- 2:(length(cases) - 6); lag <- seq_along(w) - 1; m <- sum(lag * w); s <- sqrt(sum((lag - m)^2 * w))
  one <- estimate_R(cases, method = "non_parametric_si", config = make_config(list(si_distr = w, t_start = starts, t_end = starts + 6)))$R
  two <- estimate_R(cases, method = "parametric_si", config = make_config(list(mean_si = m, std_si = s, t_start = starts, t_end = starts + 6)))$R
  three <- wallinga_teunis(cases, method = "non_parametric_si", config = list(si_distr = w, t_start = starts, t_end = starts + 6, n_sim = 0))$R
  keep <- c("t_end", "Mean(R)", "Std(R)", "Quantile.0.025(R)", "Quantile.0.05(R)", "Quantile.0.25(R)", "Median(R)", "Quantile.0.75(R)", "Quantile.0.95(R)", "Quantile.0.975(R)")
  name <- function(x, method) { x <- x[, intersect(keep, names(x))]; for (k in setdiff(keep, names(x))) x[[k]] <- NA; x <- x[, keep]; names(x) <- c("end", "mean", "sd", "q025", "q05", "q25", "q50", "q75", "q95", "q975"); cbind(epidemic = n, method = method, mean_si = m, sd_si = s, x) }
  rows[[length(rows) + 1]] <- rbind(name(one, "given"), name(two, "parametric"), name(three, "case"))
}
write <- function(rows, file) { k <- sapply(rows, is.double); rows[k] <- lapply(rows[k], signif, 15); write.csv(rows, file.path(out, file), row.names = FALSE, quote = FALSE) }
write(do.call(rbind, data_rows), "epidemics.csv"); write(do.call(rbind, rows), "epiestim.csv")
