/** Which driver a command means. Loaded lazily: drivers bring the agent's protocol with them. */
import type { Driver } from "../drivers/driver.ts";
import { labNameOf, parseLabArgument } from "./lab-argument.ts";
import { noSuchLab } from "../workflow/open-lab.ts";
import type { DriverOptions } from "./options.ts";

type Asked = Pick<DriverOptions, "driver" | "context" | "engines" | "underlay">;

/** For a lab to be built: as requested, else what suits this machine. A Docker context means containers. */
export async function loadDriver(asked: Asked): Promise<Driver> {
  const [{ getDriver }, { defaultDriver }] = await Promise.all([
    import("../drivers/registry.ts"),
    import("../drivers/default-driver.ts"),
  ]);
  const contexts = contextsOf(asked);
  return getDriver(asked.driver ?? (contexts.length === 0 ? defaultDriver() : "docker"), {
    contexts,
    underlay: asked.underlay,
  });
}

function contextsOf({ context, engines }: Asked): readonly string[] {
  return [...new Set([...(context ?? []), ...(engines ?? [])])];
}

/** The command line says itself which driver it means. */
function isSaid(asked: Asked): boolean {
  return asked.driver !== undefined || contextsOf(asked).length > 0;
}

/** Those whose labs a command about all labs covers. */
export async function loadDrivers(asked: Asked): Promise<readonly Driver[]> {
  if (isSaid(asked)) return [await loadDriver(asked)];
  const { driverNames, getDriver } = await import("../drivers/registry.ts");
  return driverNames.map((name) => getDriver(name, { contexts: [], underlay: asked.underlay }));
}

/**
 * For an existing lab: the driver that has it, this host's namespaces first. An engine is asked only about a lab of which
 * this machine knows nothing. Throws UsageError when no driver has it.
 */
export async function loadDriverOf(lab: string, asked: Asked): Promise<Driver> {
  if (isSaid(asked)) return loadDriver(asked);
  const { driversOf } = await import("../drivers/registry.ts");
  const [recorded] = driversOf(lab);
  if (recorded !== undefined) return loadDriver({ ...asked, driver: recorded });
  const names: string[] = [];
  for (const driver of await loadDrivers(asked)) {
    const found = (await driver.list()).map(({ name }) => name);
    if (found.includes(lab)) return driver;
    names.push(...found);
  }
  throw noSuchLab(lab, names);
}

/** For `up`: where the lab already runs, so that it is updated there; else as for a lab to be built. */
export async function loadDriverForUp(labText: string, asked: Asked, cwd: string): Promise<Driver> {
  if (isSaid(asked)) return loadDriver(asked);
  if (labText !== "-" && parseLabArgument(labText, cwd).kind === "name") return loadDriverOf(labText, asked);
  const { anyRecordOf, driversOf } = await import("../drivers/registry.ts");
  if (labText === "-" || !anyRecordOf("docker")) return loadDriver(asked);
  // A file with mistakes is read again by the code that reports them.
  const lab = await labNameOf(labText, cwd).catch(() => undefined);
  const [recorded] = lab === undefined ? [] : driversOf(lab);
  return loadDriver(recorded === undefined ? asked : { ...asked, driver: recorded });
}
