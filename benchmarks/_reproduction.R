# Rscript _reproduction.R FOLDER: EpiEstim on FOLDER/cases.csv with the serial interval of FOLDER/serial.csv; writes mean, sd and quantiles a window, and says its seconds.
suppressMessages(library(EpiEstim))
folder <- commandArgs(TRUE)[1]
cases <- as.matrix(read.csv(file.path(folder, "cases.csv"))); serial <- scan(file.path(folder, "serial.csv"), quiet = TRUE); days <- nrow(cases)
settings <- make_config(list(t_start = seq(2, days - 6), t_end = seq(8, days), si_distr = serial))
began <- proc.time()[3]
found <- sapply(seq_len(ncol(cases)), function(i) as.matrix(suppressWarnings(suppressMessages(estimate_R(data.frame(I = cases[, i]), method = "non_parametric_si", config = settings)))$R[, c(3:11)]))
cat(proc.time()[3] - began, "\n")
write.csv(format(found, digits = 17), file.path(folder, "epiestim.csv"), row.names = FALSE, quote = FALSE)
