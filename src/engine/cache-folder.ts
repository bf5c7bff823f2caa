/**
 * Where this library keeps what it prepares once: by option, by variable, by platform.
 */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * The cache folder, which need not exist; empty where nothing is to be kept.
 *
 * @param option - `cacheFolder` of `loadModel()`.
 */
export function resolveCacheFolder(
  option: string | false | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (option === false) return "";
  const given = option ?? environment["LORIKEET_CACHE"];
  if (given !== undefined) return given === "" ? "" : resolve(given);
  return platformFolder(environment, platform);
}

function platformFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homedir();
  if (platform === "darwin") return join(home, "Library", "Caches", "lorikeet");
  if (platform === "win32") {
    const local = environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local");
    return join(local, "lorikeet", "Cache");
  }
  // Relative paths are to be ignored: XDG Base Directory Specification.
  const xdg = environment["XDG_CACHE_HOME"];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".cache"), "lorikeet");
}
