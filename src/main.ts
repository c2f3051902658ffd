import { installCrashHandler } from './crash.ts'

installCrashHandler()
// The only static import is the one above: whatever fails after it is caught by the handler.
const { run } = await import('./cli/program.ts')
await run(process.argv)
