/** What most commands begin and end with: the lab that LAB means, running, and its connection closed afterwards. */
import type { Driver } from "../drivers/driver.ts";
import { openLab, type OpenLab } from "../workflow/open-lab.ts";
import type { CliContext } from "./context.ts";
import { loadDriverOf } from "./driver.ts";
import { labNameOf } from "./lab-argument.ts";
import type { DriverOptions } from "./options.ts";

/** `text`: the name of a running lab, or its file. Throws UsageError when it is not up. */
export async function withLab<T>(
  text: string,
  options: Pick<DriverOptions, "driver" | "context" | "engines" | "underlay">,
  { cwd }: Pick<CliContext, "cwd">,
  work: (lab: OpenLab & { readonly driver: Driver }) => T | Promise<T>,
): Promise<T> {
  const name = await labNameOf(text, cwd);
  const driver = await loadDriverOf(name, options);
  const opened = await openLab(driver, name);
  try {
    return await work({ ...opened, driver });
  } finally {
    opened.client.close();
  }
}
