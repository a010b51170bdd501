"""Uploads or downloads with FrogML's own Python client; prints what it got as JSON.

    frogml_client.py upload|download URL TOKEN FOLDER
"""

import hashlib
import json
import os
import sys

from frogml.storage.authentication.models import AuthConfig
from frogml.storage.frog_ml import FrogMLStorage

MODEL = {"repository": "main", "namespace": "vision", "model_name": "resnet", "version": "1.0"}
DATASET = {"repository": "main", "dataset_name": "reviews", "version": "2.0"}
MODEL_TYPE = {
    "framework": "scikit-learn",
    "framework_version": "1.5.0",
    "serialization_format": "pickle",
    "runtime": "python",
    "runtime_version": "3.11",
}


def upload(storage, folder):
    model = storage.upload_model_version(
        **MODEL,
        model_path=os.path.join(folder, "model"),
        model_type=MODEL_TYPE,
        properties={"stage": "dev"},
        dependencies_files_paths=[os.path.join(folder, "req.txt")],
        code_archive_file_path=os.path.join(folder, "code.zip"),
    )
    # The server names it.
    unnamed = {**MODEL, "model_name": "other", "version": None}
    other = storage.upload_model_version(
        **unnamed, model_path=os.path.join(folder, "req.txt"), model_type=MODEL_TYPE
    )
    dataset = storage.upload_dataset_version(
        **DATASET, dataset_path=os.path.join(folder, "req.txt")
    )
    return [model.version, other.version, dataset.version]


def download(storage, folder):
    model_folder = os.path.join(folder, "model")
    dataset_folder = os.path.join(folder, "dataset")
    storage.download_model_version(**MODEL, target_path=model_folder)
    storage.download_dataset_version(**DATASET, target_path=dataset_folder)
    manifest = storage.get_entity_manifest("model", "main", "vision", "resnet", "1.0")
    return {
        "model": digests(model_folder),
        "dataset": digests(dataset_folder),
        "type": manifest["model_format"],
        "code": manifest["code_artifacts"]["artifact_path"],
    }


def digests(folder):
    found = {}
    for around, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(around, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def main(command, url, token, folder):
    storage = FrogMLStorage(AuthConfig.by_access_token(url, token))
    answer = {"upload": upload, "download": download}[command](storage, folder)
    print(json.dumps(answer))


main(*sys.argv[1:])
