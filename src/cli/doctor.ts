/** `lorikeet doctor`: which devices compute, where the libraries come from, what a GPU lacks. */
import type { Command } from "commander";
import { listDevices, type Device } from "../engine/file-info.js";
import { gpuStatus, type GpuStatus } from "../native/gpu.js";
import { gpuBackends, type LibraryPackage } from "../native/libraries.js";
import { openAddon, openGpuBackends } from "../native/load.js";

interface Diagnosis {
  readonly node: string;
  readonly platform: string;
  readonly libraries: LibraryPackage;
  readonly processor: string;
  readonly devices: readonly Device[];
  readonly gpus: readonly GpuStatus[];
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("Print which devices and libraries are used, and what a GPU would need.")
    .option("--json", "print JSON")
    .action(async (options: { json?: true }) => {
      const diagnosis = await diagnose();
      if (options.json) console.log(JSON.stringify(diagnosis, null, 2));
      else for (const line of diagnosisLines(diagnosis)) console.log(line);
    });
}

async function diagnose(): Promise<Diagnosis> {
  const { addon, libraries, probe } = await openAddon();
  await openGpuBackends("auto");
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    libraries,
    processor: addon.systemInfo(),
    devices: await listDevices(),
    gpus: gpuBackends.map((backend) => gpuStatus(backend, libraries, probe)),
  };
}

function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { libraries, devices, gpus } = diagnosis;
  return [
    `Node          ${diagnosis.node} on ${diagnosis.platform}`,
    `Libraries     ${libraries.name}${libraries.version === undefined ? "" : ` ${libraries.version}`}`,
    `              ${libraries.folder}`,
    `Processor     ${processorFeatures(diagnosis.processor)}`,
    "Devices",
    ...devices.map(
      ({ name, backend, description, memoryTotalBytes, memoryFreeBytes }) =>
        `  ${name} (${backend}): ${description}, ${gigabytes(memoryFreeBytes)} of ${gigabytes(memoryTotalBytes)} free`,
    ),
    "GPU backends",
    ...gpus.flatMap(({ backend, library, requirements }) => [
      `  ${backend}: ${library === undefined ? "not usable" : "usable"}`,
      ...requirements.map(({ what, found, remedy }) =>
        found ? `    found    ${what}` : `    missing  ${what}: ${remedy}`,
      ),
    ]),
  ];
}

/** From llama.cpp's "CPU : SSE3 = 1 | AVX = 1 | " to "CPU: SSE3, AVX". */
function processorFeatures(systemInfo: string): string {
  const features = systemInfo.split("|").map((feature) => feature.trim());
  return features
    .map((feature) => feature.replace(/ = 1$/, "").replace(" : ", ": "))
    .filter((feature) => feature !== "")
    .join(", ");
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
