// What a server is started with that is asked more, and refused more often, than it takes from strangers.
export const unlimited = {ENTENTE_ADDRESS_REQUESTS: '0', ENTENTE_ADDRESS_WRITES: '0', ENTENTE_SIGN_IN_FAILURES: '0'};
