/** In which order nginx asks a server's locations, and what of a path each takes (buildLocation, updateServerLocations). */
import type { PathMatch } from "../../../routing/model.ts";
import type { Location } from "./servers.ts";

export interface OrderedLocation {
  readonly location: Location;
  readonly match: PathMatch;
}

function isRewritten({ from, path }: Location): boolean {
  const target = from?.values["rewrite-target"];
  return target !== undefined && target !== path;
}

const usesRegex = (location: Location): boolean => isRewritten(location) || location.from?.values["use-regex"] === true;

const withSlash = (path: string): string => (path.endsWith("/") ? path : `${path}/`);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** The longest written path first, of equal ones the last in the alphabet. */
function sorted(locations: readonly Location[]): readonly Location[] {
  return locations.toSorted(
    (a, b) => b.path.length - a.path.length || (a.path === b.path ? 0 : a.path < b.path ? 1 : -1),
  );
}

/** One location with a regular expression makes all of the server be one: case is ignored, and Exact is not exact. */
export function orderedLocations(locations: readonly Location[]): readonly OrderedLocation[] {
  const all = sorted(locations);
  const exact = new Set(all.filter(({ type }) => type === "Exact").map(({ path }) => path));
  if (all.some((one) => usesRegex(one)))
    return all.map((location) => {
      const { path, type } = location;
      const value =
        type === "Prefix" && !usesRegex(location) && path !== "/" && exact.has(path) ? withSlash(path) : path;
      return { location, match: { kind: "regex", value, ignoreCase: true } };
    });
  const length = ({ path, type }: Location): number =>
    (type === "Prefix" && path !== "/" ? withSlash(path) : path).length;
  return all
    .toSorted((a, b) => Number(b.type === "Exact") - Number(a.type === "Exact") || length(b) - length(a))
    .map((location) => {
      const { path, type } = location;
      if (type === "ImplementationSpecific" && path !== "/")
        return { location, match: { kind: "regex", value: escaped(path) } };
      return { location, match: { kind: type === "Exact" ? "exact" : "prefix", value: path } };
    });
}
