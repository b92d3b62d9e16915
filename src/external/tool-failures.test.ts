import { expect, test } from 'vitest';
import type { ProcessResult } from './processes.js';
import { classifyToolFailure, lastMeaningfulLine } from './tool-failures.js';

const result = (more: Partial<ProcessResult>): ProcessResult => ({
  exitCode: 1,
  timedOut: false,
  stalled: false,
  cancelled: false,
  tail: '',
  cpuMs: 0,
  ...more,
});
const classOf = (tail: string): string =>
  classifyToolFailure('evaluate', 'lm_eval', result({ tail })).failureClass;

test.each([
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB',
  'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB',
  'RuntimeError: CUDA out of memory. Tried to allocate 1.50 GiB (GPU 0; 10.76 GiB total capacity)',
  'RuntimeError: CUDA error: out of memory',
  'RuntimeError: CUDA driver error: out of memory',
  'torch.OutOfMemoryError: HIP out of memory. Tried to allocate 512.00 MiB',
  'RuntimeError: MPS backend out of memory (MPS allocated: 18.05 GB)',
  'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
  'RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED',
  "RuntimeError: [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 17179869184 bytes. Error code 12 (Cannot allocate memory)",
  'RuntimeError: [enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes',
  'MemoryError',
  'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB for an array with shape (1073741824,) and data type float64',
  'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 68719476736 bytes.',
  'W external/xla/tsl/framework/bfc_allocator.cc:482] Allocator (GPU_0_bfc) ran out of memory trying to allocate 16.00GiB',
  'RuntimeError: CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY',
  'RuntimeError: HIP error: hipErrorOutOfMemory',
  'RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`',
  'torch.AcceleratorError: CUDA error: out of memory',
  'RuntimeError: DataLoader worker (pid 4711) is killed by signal: Killed. ',
  'RuntimeError: DataLoader worker (pid(s) 12) exited: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).',
  'safetensors_rust.SafetensorError: Error while deserializing: I/O error: Cannot allocate memory (os error 12)',
  'OSError: [Errno 12] Cannot allocate memory',
  "terminate called after throwing an instance of 'std::bad_alloc'",
  'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  'ValueError: Free memory on device (3.2/79.11 GiB) on startup is less than desired GPU memory utilization (0.9, 71.2 GiB).',
])('%s is out of memory', (line) => {
  expect(classOf(`Traceback (most recent call last):\n  File "x.py"\n${line}\n`)).toBe(
    'out_of_memory',
  );
});

test.each([
  'RuntimeError: The NVIDIA driver on your system is too old; CUDA driver version is insufficient for CUDA runtime version',
  'RuntimeError: CUDA error: unknown error',
  'torch.AcceleratorError: CUDA error: no CUDA-capable device is detected',
  'RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment',
  'RuntimeError: CUDA error: uncorrectable ECC error encountered',
  'RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable',
  'Failed to initialize NVML: Driver/library version mismatch',
  'Unable to determine the device handle for GPU0000:65:00.0: Unknown Error',
  'NVRM: Xid (PCI:0000:65:00): 79, pid=1234, GPU has fallen off the bus.',
  'NVRM: Xid (PCI:0000:3b:00): 48, Double Bit ECC Error',
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
])('%s is a fault of the card', (line) => {
  expect(classOf(`Traceback (most recent call last):\n  File "x.py"\n${line}\n`)).toBe(
    'card_unusable',
  );
});

test.each([
  'RuntimeError: CUDA error: device-side assert triggered',
  'RuntimeError: CUDA error: an illegal memory access was encountered',
  'RuntimeError: CUDA error: invalid device ordinal',
])('%s is not: the next trial may fare better', (line) => {
  expect(classOf(line)).toBe('crash');
});

test.each([
  ['OSError: [Errno 28] No space left on device', 'disk_full'],
  [
    'safetensors_rust.SafetensorError: Error while serializing: I/O error: No space left on device (os error 28)',
    'disk_full',
  ],
  ['OSError: [Errno 122] Disk quota exceeded', 'disk_full'],
  ["OSError: [Errno 30] Read-only file system: '/work/attempt-1/evaluation-1'", 'disk_unusable'],
  ["PermissionError: [Errno 13] Permission denied: '/cache/hub'", 'disk_unusable'],
  ['OSError: [Errno 5] Input/output error', 'disk_unusable'],
  [
    'safetensors_rust.SafetensorError: Error while serializing: I/O error: Read-only file system (os error 30)',
    'disk_unusable',
  ],
  ["RuntimeError: can't start new thread", 'start_refused'],
  ['BlockingIOError: [Errno 11] Resource temporarily unavailable', 'start_refused'],
  ["OSError: [Errno 24] Too many open files: '/models/a.safetensors'", 'start_refused'],
  ['RuntimeError: CUDA error: an illegal memory access was encountered', 'crash'],
  ['RuntimeError: NCCL error in: ncclUtils.hpp:268, unhandled cuda error', 'crash'],
  ['ValueError: Tasks not found: zoo_nope', 'configuration'],
  [
    "OSError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '/nope/model'. Use",
    'configuration',
  ],
  [
    'ValueError: Tensor size mismatch for lm_head.weight: [(48, 64), (50, 64)]. Align vocabulary',
    'configuration',
  ],
  ['RuntimeError: All inputs to a slice must contain the same number of layers', 'configuration'],
  [
    'RuntimeError: Must specify --allow-crimes to attempt to mix different architectures',
    'configuration',
  ],
  [
    'safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not fully covered',
    'configuration',
  ],
  [
    'RuntimeError: Tensor model.layers.1.mlp.up_proj.weight required but not present in model x',
    'configuration',
  ],
  ['RuntimeError: Unimplemented merge method dare_tiez', 'configuration'],
  ['ValueError: Merge method requires a base input for default.slices[0]', 'configuration'],
  ['RuntimeError: Missing required parameter weight for x', 'configuration'],
  ['ValueError: Duplicate merge inputs for default.slices[0]', 'configuration'],
  ['RuntimeError: Expected p_in >= 0 && p_in <= 1 to be true, but got false.', 'invalid_merge'],
  [
    "ConnectionError: Couldn't reach 'allenai/ai2_arc' on the Hub (OfflineModeIsEnabled)",
    'configuration',
  ],
  [
    'ValueError: Cannot use chat template functions because tokenizer.chat_template is not set',
    'configuration',
  ],
  ['AssertionError: Torch not compiled with CUDA enabled', 'tool_missing'],
  ["ModuleNotFoundError: No module named 'vllm'", 'tool_missing'],
  ['lm-eval: error: unrecognized arguments: --nope', 'configuration'],
  [
    'RuntimeError: Can not safely load weights when explicit pickle_module is specified',
    'configuration',
  ],
  ['RuntimeError: something new', 'crash'],
])('%s is %s', (line, failureClass) => {
  const error = classifyToolFailure('merge', 'mergekit-yaml', result({ tail: `x\n${line}\n` }));
  expect(error.failureClass).toBe(failureClass);
  expect(error.message).toContain(line.slice(0, 40));
});

test('how it ended counts before what it wrote', () => {
  const tail = 'CUDA out of memory';
  const classes = [{ stalled: true }, { timedOut: true }].map(
    (how) => classifyToolFailure('merge', 't', result({ tail, ...how })).failureClass,
  );
  expect(classes).toEqual(['hang', 'timeout']);
});

test('a SIGKILL that was not ours is host memory, another signal a crash', () => {
  const killed = (signal: string): string => {
    const { exitCode: _, ...rest } = result({ signal });
    return classifyToolFailure('merge', 't', rest).failureClass;
  };
  expect([killed('SIGKILL'), killed('SIGSEGV')]).toEqual(['out_of_memory', 'crash']);
});

test('127 is a missing program and says how to get it', () => {
  const error = classifyToolFailure('merge', 'mergekit-yaml', result({ exitCode: 127 }));
  expect(error.failureClass).toBe('tool_missing');
  expect(error.message).toContain('mergekit 0.1.5');
});

test('the last exception is the reason, not the noise after it', () => {
  const tail = 'Traceback:\n  raise ValueError\nValueError: bad thing\n\nRunning: 50%|## | 1/2 [\n';
  expect(lastMeaningfulLine(`${tail}cleaning up\n`)).toBe('ValueError: bad thing');
  expect(lastMeaningfulLine('a\nb\n')).toBe('b');
  expect(lastMeaningfulLine('')).toBe('');
});
