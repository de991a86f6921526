// The root element of a page, for modules that read it. Loaded before them (node --import).

globalThis.document = { documentElement: { dataset: { filters: process.env.DECLARED } } };

/** The names of the exact filters. */
export const NAME_FILTERS = JSON.parse(process.env.DECLARED).map(({ filter }) => filter);
