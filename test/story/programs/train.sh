# Trains on the digits with the learning rate $1: reads them, logs losses, adds what it learned.
# Whoever starts it names the run in MLSTORE_RUN_ID; here nothing but the mlstore command is used.
set -eu
mlstore get dataset/digits@v1 -o digits --no-lock --quiet
mlstore run log --param "lr=$1" --tag language=shell
awk -v lr="$1" 'BEGIN {
  for (step = 0; step < 4; step++)
    printf "{\"metrics\": {\"loss\": %.6f}, \"step\": %d}\n", 1 / (1 + step * lr), step
}' | tee /dev/stderr | mlstore run log --stdin
wc -c < digits/train.csv > weights.bin
mlstore add weights.bin --as model/digits --label "shell-$1" --no-lock --quiet
