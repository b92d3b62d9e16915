#!/usr/bin/env bash
# Makes python/requirements.lock again, for every Python from 3.10 and every platform.
# The CUDA packages are left out: torch pins them itself, and a CPU build has none of them.
set -euo pipefail
cd "$(dirname "$0")/../python"
environment="$(mktemp -d)"
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet uv
omitted=(cuda-bindings cuda-pathfinder cuda-toolkit triton)
for name in cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver \
  cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx; do
  omitted+=("nvidia-$name")
done
{
  echo '# Exact versions for Python 3.10 and later on any platform; used as constraints by `npm run setup`.'
  echo '# Made by `npm run lock:python`; what CUDA builds of torch need is left to torch, which pins it.'
  "$environment/bin/uv" pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate \
    "${omitted[@]/#/--no-emit-package=}" requirements-dev.txt requirements-bench.txt
} >"$environment/lock"
mv "$environment/lock" requirements.lock
