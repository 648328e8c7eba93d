/**
 * What the waterfall shows, in one array of numbers: spans by their row, log records above them (`size` plus their
 * index), and below zero what is no telemetry: odd numbers for headings of lanes, even ones for ghosts.
 */

/** -1 for the service at 0, -3 for that at 1, …. */
export const headingOf = (service: number): number => -1 - 2 * service;
export const isHeading = (entry: number): boolean => entry < 0 && (entry & 1) === 1;
export const serviceOfHeading = (entry: number): number => (-1 - entry) / 2;

/** -2 for the first lost parent, -4 for the second, …. */
export const ghostOf = (place: number): number => -2 - 2 * place;
export const isGhost = (entry: number): boolean => entry < 0 && (entry & 1) === 0;
export const placeOfGhost = (entry: number): number => (-2 - entry) / 2;
