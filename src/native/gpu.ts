/**
 * Which GPU backends can be used here, and what is missing for those that cannot.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BackendError } from "../errors.js";
import {
  findLibraryPackage,
  gpuBackends,
  gpuPackageName,
  platform,
  type GpuBackend,
  type LibraryPackage,
} from "./libraries.js";

/** What a caller may ask for: `"auto"` takes the best that is there, `false` only the CPU. */
export type GpuOption = "auto" | GpuBackend | false;

/** One thing that a GPU backend needs. */
export interface GpuRequirement {
  readonly what: string;
  readonly found: boolean;
  /** How to get it. */
  readonly remedy: string;
}

export interface GpuStatus {
  readonly backend: GpuBackend;
  readonly requirements: readonly GpuRequirement[];
  /** The backend's library, where everything is there. */
  readonly library: string | undefined;
}

/** Opens a library by name or path; returns the loader's message on failure. */
export type LibraryProbe = (nameOrPath: string) => string | undefined;

const cudaRuntime: Readonly<Record<string, readonly string[]>> = {
  linux: ["libcudart.so.13", "libcublas.so.13"],
  win32: ["cudart64_13.dll", "cublas64_13.dll"],
};
const driver: Readonly<Record<GpuBackend, Readonly<Record<string, string>>>> = {
  cuda: { linux: "libcuda.so.1", win32: "nvcuda.dll" },
  vulkan: { linux: "libvulkan.so.1", win32: "vulkan-1.dll" },
  metal: {},
};
const cudaFolders = ["/usr/local/cuda/lib64", "/usr/local/cuda-13/lib64", "/opt/cuda/lib64"];

/** Looks at each thing that `backend` needs, in the order in which to install them. */
export function gpuStatus(
  backend: GpuBackend,
  base: LibraryPackage,
  probe: LibraryProbe,
): GpuStatus {
  const requirements: GpuRequirement[] = [];
  const library = findBackendLibrary(backend, base, requirements);
  if (backend === "cuda") {
    for (const name of cudaRuntime[process.platform] ?? []) {
      requirements.push({
        what: name,
        found: openFromAnywhere(name, probe),
        remedy: "install the CUDA 13 runtime (libcudart and libcublas)",
      });
    }
  }
  const driverLibrary = driver[backend][process.platform];
  if (driverLibrary !== undefined) {
    requirements.push({
      what: `driver library ${driverLibrary}`,
      found: probe(driverLibrary) === undefined,
      remedy: backend === "cuda" ? "install the NVIDIA driver" : "install a Vulkan driver",
    });
  }
  const complete = requirements.every((requirement) => requirement.found);
  return { backend, requirements, library: complete ? library : undefined };
}

function findBackendLibrary(
  backend: GpuBackend,
  base: LibraryPackage,
  requirements: GpuRequirement[],
): string | undefined {
  const own = backendLibraryIn(base.folder, backend);
  if (own !== undefined) return own;
  if (base.version === undefined) {
    requirements.push({
      what: `${backend} in this source build`,
      found: false,
      remedy: `npm run build:native -- --source --${backend}`,
    });
    return undefined;
  }
  const name = gpuPackageName(backend);
  if (name === undefined) {
    requirements.push({
      what: `${backend} on ${platform}`,
      found: false,
      remedy: "not available here",
    });
    return undefined;
  }
  const found = findLibraryPackage(name);
  requirements.push({
    what: `package ${name} in version ${base.version}`,
    found: found?.version === base.version,
    remedy: `npm install ${name}@${base.version}`,
  });
  return found === undefined ? undefined : backendLibraryIn(found.folder, backend);
}

function backendLibraryIn(folder: string, backend: GpuBackend): string | undefined {
  const name = existsSync(folder)
    ? readdirSync(folder).find((entry) => new RegExp(`^(lib)?ggml-${backend}\\.`).test(entry))
    : undefined;
  return name === undefined ? undefined : join(folder, name);
}

/** A library that the loader finds by itself, or in CUDA's usual folders; it stays open. */
function openFromAnywhere(name: string, probe: LibraryProbe): boolean {
  const fromEnvironment = process.env["CUDA_PATH"];
  const folders = fromEnvironment ? [join(fromEnvironment, "lib64"), ...cudaFolders] : cudaFolders;
  return [name, ...folders.map((folder) => join(folder, name))].some(
    (candidate) => probe(candidate) === undefined,
  );
}

/**
 * The backend libraries to load for an option, best first.
 *
 * @throws {BackendError} BACKEND_UNAVAILABLE - a backend was asked for by name and something it
 * needs is missing; the message lists each with its remedy.
 */
export function resolveGpu(
  option: GpuOption,
  base: LibraryPackage,
  probe: LibraryProbe,
): { backend: GpuBackend; library: string }[] {
  if (option === false) return [];
  const wanted = option === "auto" ? gpuBackends : [option];
  const usable = [];
  for (const backend of wanted) {
    // Opening CUDA's libraries takes long, and is pointless where the backend itself is missing.
    if (option === "auto" && findBackendLibrary(backend, base, []) === undefined) continue;
    const { library, requirements } = gpuStatus(backend, base, probe);
    if (library !== undefined) usable.push({ backend, library });
    else if (option !== "auto") throw unavailable(backend, requirements);
  }
  return usable;
}

function unavailable(backend: GpuBackend, requirements: readonly GpuRequirement[]): BackendError {
  const missing = requirements.filter((requirement) => !requirement.found);
  const list = missing.map(({ what, remedy }) => `${what} (${remedy})`).join("; ");
  return new BackendError("BACKEND_UNAVAILABLE", `The ${backend} backend is missing: ${list}.`, {
    details: { backend, missing },
  });
}
