"""The other side of test/mlflow/real-tracker.test.ts: MLflow's own client, and lolpop's tracker.

Usage: tracker.py COMMAND ...; JSON goes to stdout. Needs mlflow 3 and lolpop 0.2.
"""

import hashlib
import json
import os
import sys
import tempfile


def main():
    command, *words = sys.argv[1:]
    print(json.dumps({"read": read, "write": write, "ask": ask, "texts": texts}[command](*words)))


def read(uri, *run_ids):
    """Everything of each run, as MLflow's client gives it; files as their sha256."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    return [everything(client, client.get_run(run_id)) for run_id in run_ids]


def everything(client, run):
    return {
        "id": run.info.run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "ended": run.info.end_time is not None,
        "tags": run.data.tags,
        "params": run.data.params,
        "files": files_of(client, run.info.run_id),
    }


def files_of(client, run_id):
    with tempfile.TemporaryDirectory() as folder:
        client.download_artifacts(run_id, "", folder)
        found = {}
        for at, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(at, name)
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                found[os.path.relpath(path, folder)] = digest
        return found


def write(uri, experiment, folder):
    """A workflow as lolpop's pipelines have it: two runs, the first one deployed."""
    first = one_run(uri, experiment, folder, "v1")
    second = one_run(uri, experiment, folder, "v2")
    return [first, second]


def one_run(uri, experiment, folder, version):
    tracker = lolpop(uri, experiment)
    model = tracker.create_resource("churn", type="model_version")
    data = tracker.create_resource("data/raw/sales.2024.csv", type="dataset_version")
    tracker.register_vc_resource(
        data, {"hexsha": "d-" + version, "uri": "git://data"}, additional_metadata={"rows": 7}
    )
    winner = tracker.create_resource("ignored", type="experiment", parent=model)
    tracker.log_tag(winner, "model_trainer", "XGBoostModelTrainer")
    tracker.clean_resource(winner, type="experiment")
    tracker.log_tag(model, "winning_experiment_id", tracker.get_resource_id(winner))
    tracker.log_tag(model, "nothing", None)
    tracker.log_tag(model, "sure", True)
    tracker.log_metadata(model, "training_params", {"lr": 0.1, "deep": None, "name": "it's"})
    tracker.log_metadata(model, "columns", ["a", 'b"c', "d'e", "\n", "é\u200b"])
    profile = os.path.join(folder, version, "profile.html")
    os.makedirs(os.path.dirname(profile))
    with open(profile, "w", encoding="utf8") as file:
        file.write("<p>" + version)
    tracker.log_data_profile(model, profile)
    tracker.build_model_lineage(model, [data])
    tracker.register_vc_resource(model, {"hexsha": "m-" + version, "uri": "git://m"}, key="model")
    if version == "v1":
        tracker.log_tag(model, "status", "DEPLOYED")
    made = {"run": tracker.run.info.run_id, "experiment": winner[0]}
    # Any call after this one would reopen the run.
    tracker.stop()
    return made


def ask(uri, experiment, run_id, experiment_id):
    """What lolpop's tracker reads of a run that it did not write."""
    tracker = lolpop(uri, experiment)
    run = tracker.client.get_run(run_id)
    model = ("churn", run)
    later = tracker.create_resource("churn", type="model_version")
    winner = tracker.get_winning_experiment(model)
    previous = tracker.get_prev_resource_version(later)
    deployed = tracker.get_currently_deployed_model_version(later)
    from lolpop.utils.common_utils import parse_dict_string

    answers = {
        "tag": tracker.get_tag(model, "note"),
        "truth": tracker.get_tag(model, "sure"),
        "nothing": tracker.get_tag(model, "never"),
        "metadata": tracker.get_metadata(model, "plain"),
        "parsed": parse_dict_string(tracker.get_metadata(model, "plain")),
        "vc": tracker.get_vc_info(model, "model_hexsha"),
        "lineage": tracker.get_metadata(model, "dataset_versions"),
        "winner": [winner[0], winner[1].info.run_id, winner[1].info.status],
        "winnerParent": tracker.get_parent_id(winner, type="experiment"),
        "winnerTag": tracker.get_tag(winner, "model_trainer"),
        "previous": previous and previous[1].info.run_id,
        "deployed": deployed and deployed[1].info.run_id,
        "again": tracker.get_resource(experiment_id, "experiment")[1].info.run_id,
    }
    tracker.stop()
    return answers


def texts(path):
    """Each text of a file as a literal: its value as JSON, and how Python writes it."""
    names = {"nan": float("nan"), "inf": float("inf")}
    with open(path, encoding="utf8") as file:
        values = [eval(text, {"__builtins__": {}}, names) for text in json.load(file)]
    return [[json.dumps(value), repr(value)] for value in values]


def lolpop(uri, experiment):
    from lolpop.component.metadata_tracker.mlflow_metadata_tracker import MLFlowMetadataTracker

    config = {"mlflow_tracking_uri": uri, "mlflow_experiment_name": experiment}
    quiet = {"component": {"logger": Quiet(), "notifier": Quiet()}}
    return MLFlowMetadataTracker(
        conf={"config": config}, is_standalone=True, dependent_integrations=quiet
    )


class Quiet:
    """In place of lolpop's logger and notifier, which would write to stdout."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


if __name__ == "__main__":
    # mlflow prints where a run can be viewed when it ends.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "1"
    main()
