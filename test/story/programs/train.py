"""Trains on the digits and says on stdout, in lines of JSON, what there is to log.

Knows nothing of mlstore: python train.py 0.2 | mlstore run log --stdin
"""

import json
import sys


def log(**line):
    print(json.dumps(line), flush=True)


lr = float(sys.argv[1])
log(params={"lr": lr, "optimizer": "sgd"}, tags={"language": "python"})
log(input="dataset/digits@v1")
for step in range(4):
    log(metrics={"loss": 1 / (1 + step * lr), "gradient": float("nan")}, step=step)

with open("weights.json", "w") as file:
    json.dump({"lr": lr}, file)
log(output="weights.json", **{"as": "model/digits"})
log(text="It went well.", **{"as": "notes.txt"})
