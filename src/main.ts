import manifest from '../package.json' with { type: 'json' }

if (process.argv[2] === '--version') process.stdout.write(`${manifest.version}\n`)
