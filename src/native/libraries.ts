/**
 * Where the addon and llama.cpp's shared libraries lie.
 *
 * The libraries come from a platform package of node-llama-cpp (`@node-llama-cpp/linux-x64`, ...),
 * from a GPU package beside it, or from a source build. Their place is known only at run time, so
 * they are found here and opened by path before the addon that is linked to them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendError } from "../errors.js";

const require = createRequire(import.meta.url);
const packageRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** GPU backends in the order of preference. */
export const gpuBackends = ["cuda", "metal", "vulkan"] as const;
export type GpuBackend = (typeof gpuBackends)[number];

/** An installed package that carries llama.cpp's libraries. */
export interface LibraryPackage {
  readonly name: string;
  /** Undefined for a source build, which no package must match. */
  readonly version: string | undefined;
  /** The folder with the libraries. */
  readonly folder: string;
}

/** What the build wrote beside the addon. */
interface BuildRecord {
  /** `package`: the platform package's libraries; `folder`: those in `lib/` beside the addon. */
  readonly libraries: "package" | "folder";
  /** Exact version of the platform package that the addon was linked to. */
  readonly version: string | null;
}

/** The compiled addon and the libraries it needs. */
export interface AddonFiles {
  readonly addon: string;
  readonly bootstrap: string;
  readonly libraries: LibraryPackage;
}

/** Package of llama.cpp's CPU libraries (on Apple silicon with Metal) for each platform. */
const platformPackages: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-arm64": "mac-arm64-metal",
  "darwin-x64": "mac-x64",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
};

/** Package that adds a GPU backend, by platform; absent where there is none. */
const gpuPackages: Readonly<Record<GpuBackend, Readonly<Record<string, string>>>> = {
  cuda: { "linux-x64": "linux-x64-cuda", "win32-x64": "win-x64-cuda" },
  vulkan: { "linux-x64": "linux-x64-vulkan", "win32-x64": "win-x64-vulkan" },
  metal: { "darwin-arm64": "mac-arm64-metal" },
};

export const platform = `${process.platform}-${process.arch}`;

/** The npm name of the package that holds `backend` for this platform, or undefined. */
export function gpuPackageName(backend: GpuBackend): string | undefined {
  const name = gpuPackages[backend][platform];
  return name === undefined ? undefined : `@node-llama-cpp/${name}`;
}

/** The npm name of this platform's CPU package, or undefined. */
export function platformPackageName(): string | undefined {
  const name = platformPackages[platform];
  return name === undefined ? undefined : `@node-llama-cpp/${name}`;
}

/** Finds an installed library package; undefined where it is missing or is a stand-in. */
export function findLibraryPackage(name: string): LibraryPackage | undefined {
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch {
    return undefined;
  }
  const root = dirname(dirname(entry));
  const bins = name.slice(name.indexOf("/") + 1);
  const folder = join(root, "bins", bins);
  if (!existsSync(folder)) return undefined;
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return { name, version, folder };
}

/** Folders that may hold a compiled addon: a source checkout's build, then the package's own. */
function addonFolders(): string[] {
  return [join(packageRoot, "build", "native", "Release"), join(packageRoot, "prebuilt", platform)];
}

/**
 * Finds the addon and its libraries.
 *
 * @throws {BackendError} ADDON_NOT_FOUND - no addon for this platform, or no package with its
 * libraries in the exact version it was built for; the message names what to install.
 */
export function findAddonFiles(): AddonFiles {
  const folder = addonFolders().find((candidate) => existsSync(join(candidate, "lorikeet.node")));
  if (folder === undefined) {
    throw new BackendError(
      "ADDON_NOT_FOUND",
      `Found no compiled addon for ${platform}. Build it with: npm run build:native`,
      { details: { platform, searched: addonFolders() } },
    );
  }
  const files = { addon: join(folder, "lorikeet.node"), bootstrap: join(folder, "bootstrap.node") };
  const record = JSON.parse(readFileSync(join(folder, "build.json"), "utf8")) as BuildRecord;
  if (record.libraries === "folder") {
    const lib = join(folder, "lib");
    return { ...files, libraries: { name: "source build", version: undefined, folder: lib } };
  }
  const name = platformPackageName();
  const found = name === undefined ? undefined : findLibraryPackage(name);
  if (name === undefined || found === undefined) {
    throw new BackendError(
      "ADDON_NOT_FOUND",
      `The package ${name ?? platform} with llama.cpp's libraries is not installed. Install it with: npm install ${name ?? ""}@${record.version ?? ""}`,
      { details: { package: name, version: record.version } },
    );
  }
  if (found.version !== record.version) {
    throw new BackendError(
      "ADDON_NOT_FOUND",
      `Expected ${name} in version ${record.version ?? "?"}, which the addon was built for, got ${found.version}. Install it with: npm install ${name}@${record.version ?? ""}`,
      { details: { package: name, expected: record.version, installed: found.version } },
    );
  }
  return { ...files, libraries: found };
}

/** Full paths of the libraries that the addon is linked to, in the order to open them. */
export function linkedLibraries(folder: string): string[] {
  const extension =
    process.platform === "win32" ? "dll" : process.platform === "darwin" ? "dylib" : "so";
  const names = readdirSync(folder);
  return ["ggml-base", "ggml", "llama"].map((stem) => {
    const prefix = process.platform === "win32" ? "" : "lib";
    const matches = names.filter(
      (name) =>
        name === `${prefix}${stem}.${extension}` ||
        (name.startsWith(`${prefix}${stem}.v`) && name.endsWith(`.${extension}`)),
    );
    const match = matches[0];
    if (match === undefined) {
      throw new BackendError("ADDON_LOAD_FAILED", `Found no library ${stem} in ${folder}.`, {
        details: { folder, stem },
      });
    }
    return join(folder, match);
  });
}
