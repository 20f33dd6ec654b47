# vpt-mm on a CPU:
#   docker build --tag vpt_mm .
#   docker run --rm --volume "$PWD:/workspace" vpt_mm data photos
# On a GPU, with the torch of PyPI, whose wheels for Linux bring CUDA, or of another index:
#   docker build --tag vpt_mm --build-arg TORCH_INDEX=https://pypi.org/simple .
#   docker run --rm --gpus all --shm-size 8g --volume "$PWD:/workspace" vpt_mm train photos_vpt/photos.py
# It runs as user 1000, who must be allowed to write where the volume lies.
FROM python:3.12-slim

# OpenCV, which mmcv-lite asks for, loads these.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /source
COPY requirements requirements
# Of 2.13.0+cpu there and 2.13.0 on PyPI, pip takes the former.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --constraint requirements/constraints.txt --extra-index-url "$TORCH_INDEX" torch torchvision
COPY setup.py setup.cfg MANIFEST.in README.md LICENSE CHANGELOG.md model-index.yml ./
COPY configs configs
COPY tools tools
COPY vpt_mm vpt_mm
RUN pip install --no-cache-dir --constraint requirements/constraints.txt ".[lite]"

RUN useradd --uid 1000 --create-home vpt && install --directory --owner vpt /workspace
USER vpt
WORKDIR /workspace
ENTRYPOINT ["vpt-mm"]
