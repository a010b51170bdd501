"""Makes a store with the real MLflow client, and prints what that client reads from it as JSON.

Usage: make_store.py TRACKING_URI
"""

import hashlib
import json
import math
import os
import sys
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient()


def make():
    digits = client.create_experiment("digits / été 😀", tags={"team": "vision", "a b/c": "ü"})
    parent = parent_run(digits)
    log_everything(parent)
    children(digits, parent)
    registry(digits, parent)
    deleted(digits)


def parent_run(digits):
    with mlflow.start_run(experiment_id=digits, run_name="parent '%'", description="a note\nof two lines") as run:
        mlflow.log_params({"lr": 0.1, "layers": "[1, 2]", "optimizer": "Ädam", "long": "x" * 6000})
        mlflow.log_dict({"x": 1}, "conf/deep/x.json")
        mlflow.log_text("", "empty.txt")
        mlflow.log_text("text\r\nline", "name with space & ü.txt")
        with tempfile.TemporaryDirectory() as folder:
            big = os.path.join(folder, "big.bin")
            with open(big, "wb") as file:
                file.write(b"0123456789abcdef" * 200_000)
            mlflow.log_artifact(big)
    return run.info.run_id


def log_everything(run):
    odd = [float("nan"), float("inf"), float("-inf"), 0.1 + 0.2, 1e-300, -0.0, 5e-324, 1.5e308, 3]
    batch = [Metric("odd/values.x", value, 1_700_000_000_000 + i, i) for i, value in enumerate(odd)]
    batch += [Metric("same step", 1.0 / (i + 1), 1_700_000_000_000 + i, 7) for i in range(50)]
    batch += [Metric("negative step", 1.0, 1_700_000_000_000, -3)]
    client.log_batch(run, metrics=batch, params=[Param("batch", "yes")], tags=[RunTag("t", "")])
    for start in range(0, 3000, 1000):
        points = [Metric("loss", math.exp(-i / 500), 1_700_000_000_000 + i, i) for i in range(start, start + 1000)]
        client.log_batch(run, metrics=points)
    data = Dataset("squad", "abc123", "http", '{"url": "https://example.org/squad"}', "{}", '{"rows": 7}')
    client.log_inputs(run, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])


def children(digits, parent):
    with mlflow.start_run(run_id=parent):
        for i in range(3):
            try:
                with mlflow.start_run(experiment_id=digits, nested=True):
                    mlflow.log_param("i", i)
                    mlflow.log_metric("acc", i / 10)
                    if i == 2:
                        raise ValueError("the third one fails")
            except ValueError:
                pass
    client.create_run(digits, run_name="still running")
    killed = client.create_run(digits)
    client.set_terminated(killed.info.run_id, "KILLED")
    scheduled = client.create_run(digits)
    client.update_run(scheduled.info.run_id, status="SCHEDULED")


def registry(digits, parent):
    client.create_registered_model("net", tags={"a": "b"}, description="of digits")
    source = client.get_run(parent).info.artifact_uri + "/conf"
    for i in range(3):
        client.create_model_version("net", source, parent, tags={"k": str(i)}, description=f"number {i + 1}")
    client.set_registered_model_alias("net", "champion", "2")
    client.set_registered_model_alias("net", "prod-eu", "3")
    client.transition_model_version_stage("net", "1", "Staging")
    logged = mlflow.initialize_logged_model("lm", source_run_id=parent, params={"depth": "3"}, experiment_id=digits)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights.bin")
        with open(path, "w") as file:
            file.write("weights")
        client.log_model_artifact(logged.model_id, path)
    mlflow.finalize_logged_model(logged.model_id, "READY")
    client.log_metric(parent, "of model", 0.5, model_id=logged.model_id)
    client.create_registered_model("from logged")
    client.create_model_version("from logged", f"models:/{logged.model_id}", parent, model_id=logged.model_id)


def deleted(digits):
    gone = client.create_experiment("gone")
    client.create_run(gone)
    client.delete_experiment(gone)
    client.delete_run(client.create_run(digits).info.run_id)
    client.create_registered_model("deleted version")
    version = client.create_model_version("deleted version", "file:///nowhere")
    client.delete_model_version("deleted version", version.version)


def what_is_there():
    experiments = client.search_experiments(view_type=ViewType.ALL)
    runs = client.search_runs([e.experiment_id for e in experiments], run_view_type=ViewType.ALL, max_results=1000)
    names = {e.experiment_id: e.name for e in experiments}
    return {
        "experiments": [
            {"name": e.name, "tags": e.tags, "removed": e.lifecycle_stage == "deleted"} for e in experiments
        ],
        "runs": [run_facts(run, names) for run in runs],
        "models": [model_facts(model) for model in client.search_registered_models()],
    }


def run_facts(run, names):
    run_id, info = run.info.run_id, run.info
    return {
        "run": run_id,
        "experiment": names[info.experiment_id],
        "name": info.run_name,
        "status": info.status,
        "startedAt": info.start_time,
        "endedAt": info.end_time,
        "removed": info.lifecycle_stage == "deleted",
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: points(run_id, key) for key in run.data.metrics},
        "files": dict(files(run_id, None)),
    }


def points(run_id, key):
    return [[number(m.value), m.step, m.timestamp] for m in client.get_metric_history(run_id, key)]


def number(value):
    """MLflow's databases have the largest double for infinity; a file has infinity."""
    if abs(value) == sys.float_info.max:
        value = math.copysign(math.inf, value)
    return repr(float(value)) if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]


def files(run_id, folder):
    for file in client.list_artifacts(run_id, folder):
        if file.is_dir:
            yield from files(run_id, file.path)
        else:
            yield file.path, sha256(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=file.path))


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def model_facts(model):
    versions = client.search_model_versions(f"name = '{model.name}'")
    return {
        "name": model.name,
        "tags": model.tags,
        "description": model.description or None,
        "aliases": {alias: int(version) for alias, version in model.aliases.items()},
        "versions": [
            {
                "number": int(version.version),
                "run": version.run_id,
                "createdAt": version.creation_timestamp,
                "description": version.description or None,
                "stage": version.current_stage,
                "tags": version.tags,
                "source": version.source,
            }
            for version in versions
        ],
    }


make()
print(json.dumps(what_is_there()))
