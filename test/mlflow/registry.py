"""A scikit-learn model on MLflow's own client: logged, registered, named, loaded back.

registry.py log URI      prints what was made, as JSON
registry.py read URI     prints what a server elsewhere knows of it
"""

import json
import os
import sys

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
data, labels = load_iris(return_X_y=True)


def predicted(uri):
    flavor = mlflow.sklearn.load_model(uri).predict(data).tolist()
    assert mlflow.pyfunc.load_model(uri).predict(data).tolist() == flavor
    return flavor


def log(client):
    model = LogisticRegression(max_iter=200).fit(data, labels)
    with mlflow.start_run() as run:
        mlflow.log_param("solver", "lbfgs")
        logged = mlflow.sklearn.log_model(model, name="classifier", registered_model_name="iris")
    second = mlflow.register_model(f"runs:/{run.info.run_id}/classifier", "iris")
    client.set_registered_model_alias("iris", "champion", second.version)
    client.set_model_version_tag("iris", second.version, "checked", "yes")
    uris = [logged.model_uri, f"runs:/{run.info.run_id}/classifier", "models:/iris/1"]
    expected = model.predict(data).tolist()
    return {
        "run": run.info.run_id,
        "model": logged.model_id,
        "status": str(mlflow.get_logged_model(logged.model_id).status.value),
        "same": [predicted(uri) == expected for uri in uris],
        **read(client),
    }


def read(client):
    champion = client.get_model_version_by_alias("iris", "champion")
    versions = client.search_model_versions("name = 'iris'", order_by=["version_number ASC"])
    return {
        "versions": [str(version.version) for version in versions],
        "champion": [str(champion.version), champion.run_id, champion.tags],
        "predicted": predicted("models:/iris@champion"),
        "logged": [each.name for each in mlflow.search_logged_models(["0"], output_format="list")],
    }


command, uri = sys.argv[1:]
mlflow.set_tracking_uri(uri)
print(json.dumps({"log": log, "read": read}[command](MlflowClient())))
