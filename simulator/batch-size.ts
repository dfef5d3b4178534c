/** As many fight for one stock, and are played again together. */
export const SAGAS_A_BATCH = 250;
