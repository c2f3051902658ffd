/** What a model is told of this server before it sees a tool. */
export const INSTRUCTIONS = [
  'keyhand performs actions that need a credential (API calls and the like) on your behalf.',
  'Say what to do; keyhand puts the credential in itself. It never gives out a value, and none is ever needed from you: put no password, key or token into an input, and do not ask the human for one.',
  'Each tool does only what your scope file allows; its description says what that is. keyhand_scope tells all that you may do, your limits, and what to ask a human for.',
  'Text like [secret NAME] in a result stands where a credential was removed. That is intended and cannot be undone; do not try to get at the value in another way.',
  'A refused call says why. Only a human can change the scope; calling again changes nothing. Each answer carries the id of its call, under which the human finds it in the audit trail.',
].join('\n')
