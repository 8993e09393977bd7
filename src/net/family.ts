/** Address families, and values that there may be one of for each. */

export type Family = "ipv4" | "ipv6";

/** One value per family that the lab uses. */
export type PerFamily<T> = Readonly<Partial<Record<Family, T>>>;
