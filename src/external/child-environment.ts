/** Variables that the tools may need; nothing else of our environment reaches them. */
const allowed: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'HF_HOME',
  'HF_HUB_CACHE',
  'HF_DATASETS_CACHE',
  'HF_ENDPOINT',
  'HF_TOKEN',
  'HF_TOKEN_PATH',
  'HF_HUB_OFFLINE',
  'HF_DATASETS_OFFLINE',
  'HF_HUB_ENABLE_HF_TRANSFER',
  'TRANSFORMERS_OFFLINE',
  'XDG_CACHE_HOME',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'CUDA_DEVICE_ORDER',
  'NVIDIA_VISIBLE_DEVICES',
  'PYTORCH_CUDA_ALLOC_CONF',
  'PYTORCH_ALLOC_CONF',
  'LD_LIBRARY_PATH',
  'VIRTUAL_ENV',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'LMEVAL_LOG_LEVEL',
  'VLLM_WORKER_MULTIPROC_METHOD',
];

/**
 * The environment of a tool: an allow-list of ours, and what keeps Python tools from fighting.
 * @param threads of each child, cores ÷ children at once: with more, OpenMP spins against itself.
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  threads: number,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const passed = allowed.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(passed),
    OMP_NUM_THREADS: String(threads),
    OMP_WAIT_POLICY: 'PASSIVE',
    MKL_NUM_THREADS: String(threads),
    TOKENIZERS_PARALLELISM: 'false',
    PYTHONUNBUFFERED: '1',
    // `python -m` would import a torch.py of the working directory, which a sweep file may choose.
    PYTHONSAFEPATH: '1',
    ...extra,
  };
}
