/** A driver's answer for a lab whose namespaces are all on this host. */
import type { Lab } from "../lab/lab.ts";
import type { LabSite } from "./driver.ts";

export function siteOnThisHost({ engines }: Lab): Promise<LabSite> {
  const notes =
    engines === undefined
      ? []
      : [
          "spec.engines is for labs in containers: with the netns driver all nodes are on this host (--driver docker spreads them)",
        ];
  return Promise.resolve({ wire: {}, notes });
}
