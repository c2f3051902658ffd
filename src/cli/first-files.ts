/** What the first files are about: an API that everybody can have a harmless key for. */
export const EXAMPLE_SECRET = 'github_token'
export const EXAMPLE_TOOL = 'github'

/** The first keyhand.yaml. */
export function firstCatalog(provider: 'keychain' | 'file'): string {
  return `# What keyhand knows: where values live, and what can be done with them. No value ever stands here.
# Check it with: keyhand scope check
version: 1

# Where each value lives. Store one with: keyhand secret set ${EXAMPLE_SECRET}
# (for this example: a read-only token from https://github.com/settings/personal-access-tokens)
secrets:
  ${EXAMPLE_SECRET}: { provider: ${provider} }

# What can be done with them. An agent sees a tool only where its file in agents/ allows something of it.
tools:
  ${EXAMPLE_TOOL}:
    type: http
    description: GitHub REST API
    # Requests go here and nowhere else, whatever an agent asks for.
    base_url: https://api.github.com
    # keyhand puts the token on the request; the agent never has it.
    auth: { type: bearer, token: ${EXAMPLE_SECRET} }
`
}

/** The first scope file of an agent, for a catalog that has the example's tool or one that has not. */
export function firstScope(agent: string, hasExample: boolean): string {
  const rules = hasExample
    ? `tools:
  ${EXAMPLE_TOOL}:
    allow:
      # Reading only: who the token belongs to, and public repositories.
      - methods: [GET]
        paths: [/user, /repos/**]
    limit: 100/hour
`
    : `# For example, for a tool of type http:
#
#   tools:
#     NAME-OF-A-TOOL:
#       allow:
#         - methods: [GET]
#           paths: [/reports/**]
#       limit: 100/hour
tools: {}
`
  return `# What the agent ${agent} may do. Nothing is allowed unless a rule here allows it, and \`deny\` wins.
# Changes hold at the next call. See what they mean: keyhand scope show ${agent}
agent: ${agent}

# Remove the # to let it all end on a day (to its end, UTC):
# expires: 2030-12-31

${rules}`
}
