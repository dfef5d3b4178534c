/**
 * Version of the catalogue. It rises with each release: the middle number for what readers of the release before still
 * understand, the first for what they do not.
 */
export const catalogueVersion = '1.1.0';
