import manifest from '../../package.json' with { type: 'json' }

/** The version of this keyhand. */
export const version: string = manifest.version
