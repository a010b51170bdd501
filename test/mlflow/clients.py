"""The other side of test/mlflow/real-clients.test.ts: what people write with MLflow's own client.

Usage: clients.py log URI EXPERIMENT FOLDER | read URI EXPERIMENT; the last line on stdout is JSON.
Runs with the clients of MLflow 2 and 3, and with mlflow-skinny.
"""

import hashlib
import json
import os
import sys
import tempfile

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient


def main():
    command, uri, *words = sys.argv[1:]
    mlflow.set_tracking_uri(uri)
    print(json.dumps({"log": log, "read": read}[command](*words)))


def log(experiment, folder):
    """A search of hyperparameters: a parent, and a run nested in it for each value."""
    mlflow.set_experiment(experiment)
    children = []
    with mlflow.start_run(run_name="search", tags={"team": "vision"}) as parent:
        mlflow.log_params({"model": "forest", "depths": [2, 4]})
        log_files(folder)
        for depth in (2, 4):
            with mlflow.start_run(nested=True) as child:
                log_child(child.info.run_id, depth)
                children.append(child.info.run_id)
        mlflow.log_metric("best", 0.75)
    return {"parent": parent.info.run_id, "children": children, "refused": refused(parent)}


def log_files(folder):
    mlflow.log_text("a\nb\n", "notes/read me.txt")
    mlflow.log_dict({"a": [1, 2.5, None, "é"]}, "config.json")
    mlflow.log_dict({"a": [1, 2.5]}, "config.yaml")
    path = os.path.join(folder, "weights 1%+é.bin")
    with open(path, "wb") as file:
        file.write(bytes(i * i % 251 for i in range(3_000_000)))
    mlflow.log_artifact(path)
    mlflow.log_artifacts(folder, "all")
    if not is_skinny():
        log_figures()


def log_figures():
    """With what only the whole of MLflow brings."""
    import matplotlib
    import pandas

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "figure.png")
    mlflow.log_table({"x": [1, 2]}, "table.json")
    mlflow.log_table({"x": [3]}, "table.json")
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    mlflow.log_input(mlflow.data.from_pandas(frame, source="data.csv", name="frame"), "training")


def log_child(run_id, depth):
    mlflow.log_param("depth", depth)
    for step in range(20):
        mlflow.log_metrics({"loss": 1 / (step + depth), "acc": step / 20}, step=step)
    client = MlflowClient()
    points = [Metric("batch", float(i), 1_700_000_000_000 + i, i) for i in range(1000)]
    client.log_batch(run_id, points, [Param("seed", "7")], [RunTag("stage", "dev")])
    client.log_metric(run_id, "odd", float("nan"), step=-1)
    dataset = Dataset("digits", "d1", "local", '{"uri": "digits.csv"}', "{}", '{"rows": 7}')
    tags = [InputTag("mlflow.data.context", "training"), InputTag("fold", str(depth))]
    client.log_inputs(run_id, [DatasetInput(dataset, tags)])
    mlflow.log_text(f"{depth}\n", "depth.txt")
    mlflow.set_tag("score", "high")
    mlflow.set_tag("wrong", "x")
    mlflow.delete_tag("wrong")


def refused(run):
    """A param keeps its value: what the client says to a script that changes it."""
    client = MlflowClient()
    client.log_param(run.info.run_id, "model", "forest")
    try:
        client.log_param(run.info.run_id, "model", "boosting")
    except MlflowException as error:
        return error.error_code
    return None


def is_skinny():
    try:
        import matplotlib  # noqa: F401
        import pandas  # noqa: F401
    except ImportError:
        return True
    return False


def read(experiment):
    """Everything that a search of the experiment leads to."""
    client = MlflowClient()
    found = client.get_experiment_by_name(experiment)
    ids = [found.experiment_id]
    runs = client.search_runs(ids, order_by=["attributes.run_id"])
    one_by_one, token = [], None
    while True:
        page = client.search_runs(ids, max_results=1, page_token=token)
        one_by_one += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    return {
        "experiment": found.name,
        "runs": [everything(client, run) for run in runs],
        "pages": sorted(one_by_one),
        "filters": {text: names(client, ids, text) for text in filters},
        "best": [run.data.params.get("depth") for run in best_first(client, ids)],
    }


filters = [
    "params.depth = '4'",
    "metrics.loss < 0.045",
    "metrics.`best` >= 0.75 and tags.team = 'vision'",
    "tags.score LIKE 'hi%'",
    "attributes.status = 'FINISHED' and params.depth IN ('2', '9')",
    "datasets.name = 'digits' and datasets.digest = 'd1'",
    "dataset.context = 'training' and params.depth = '2'",
    "datasets.name = 'nothing'",
]


def names(client, ids, text):
    runs = client.search_runs(ids, filter_string=text)
    return sorted(run.data.params.get("depth", "parent") for run in runs)


def best_first(client, ids):
    return client.search_runs(ids, "params.depth != ''", order_by=["metrics.loss DESC"])


def everything(client, run):
    run_id = run.info.run_id
    again = client.get_run(run_id)
    # NaN is not equal to itself.
    assert repr(again.to_dictionary()) == repr(run.to_dictionary())
    keys = sorted(run.data.metrics)
    return {
        "id": run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "times": [run.info.start_time, run.info.end_time],
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: repr(run.data.metrics[key]) for key in keys},
        "points": {key: history(client, run_id, key) for key in keys},
        "inputs": sorted(map(input_of, run.inputs.dataset_inputs), key=json.dumps),
        "files": files_of(run_id),
    }


def history(client, run_id, key):
    points = client.get_metric_history(run_id, key)
    return [[repr(point.value), point.step, point.timestamp] for point in points]


def input_of(given):
    tags = {tag.key: tag.value for tag in given.tags}
    return {**given.dataset.to_dictionary(), "tags": tags}


def files_of(run_id):
    with tempfile.TemporaryDirectory() as folder:
        place = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path="", dst_path=folder
        )
        found = {}
        for at, _, files in os.walk(place):
            for name in files:
                path = os.path.join(at, name)
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                found[os.path.relpath(path, place)] = digest
        return found


if __name__ == "__main__":
    main()
