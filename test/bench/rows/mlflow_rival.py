"""A real MLflow server with sqlite at the work of the bench.

    python mlflow_rival.py points|single|start|search|history COUNT FOLDER

Prints {"seconds": S}: how long the work took, without starting the server and preparing.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

BATCH = 1000  # the most points MLflow takes in one request


@contextlib.contextmanager
def server(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", f"{folder}/artifacts",
    ]
    with open(f"{folder}/server.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        await_health(uri, process)
        yield uri
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def await_health(uri, process):
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the MLflow server ended; see server.log")
        try:
            urllib.request.urlopen(f"{uri}/health").read()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the MLflow server did not answer within a minute")


def points(client, experiment, count):
    run = client.create_run(experiment).info.run_id
    batches = [
        [Metric(f"metric {i % 100}", i / count, 0, i // 100) for i in range(start, min(start + BATCH, count))]
        for start in range(0, count, BATCH)
    ]
    return timed(lambda: [client.log_batch(run, metrics=batch) for batch in batches])


def single(client, experiment, count):
    run = client.create_run(experiment).info.run_id
    return timed(lambda: [client.log_metric(run, "loss", 1 / (i + 1), step=i) for i in range(count)])


def start(client, experiment, count):
    client.create_run(experiment)
    return timed(lambda: [client.create_run(experiment) for _ in range(count)])


def search(client, experiment, count):
    for i in range(count):
        run = client.create_run(experiment).info.run_id
        metrics = [Metric("acc", i / count, 0, 0)] + [Metric(f"metric_{k}", k, 0, 0) for k in range(19)]
        params = [Param("optimizer", ["adam", "sgd"][i % 2])] + [Param(f"param_{k}", "v") for k in range(19)]
        client.log_batch(run, metrics=metrics, params=params)
    query = "metrics.acc > 0.5 and params.optimizer = 'adam'"
    return timed(
        lambda: client.search_runs([experiment], query, order_by=["metrics.acc DESC"], max_results=100)
    )


def history(client, experiment, count):
    run = client.create_run(experiment).info.run_id
    for first in range(0, count, BATCH):
        batch = [Metric("loss", i, 0, i) for i in range(first, min(first + BATCH, count))]
        client.log_batch(run, metrics=batch)
    return timed(lambda: client.get_metric_history(run, "loss"))


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    works = {"points": points, "single": single, "start": start, "search": search, "history": history}
    work, count, folder = sys.argv[1:]
    with server(folder) as uri:
        client = MlflowClient(uri)
        experiment = client.create_experiment("bench")
        print(json.dumps({"seconds": works[work](client, experiment, int(count))}))
