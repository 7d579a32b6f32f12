// The limits that all contenders have. The packages count in windows and have no token bucket: as many in an hour and in a minute.
export const policies = {
  'unlimited-bench': { limit: 1_000_000_000, seconds: 3600 },
  default: { limit: 10, seconds: 60 },
};

export const policyOf = name => (name === 'default' ? 'default' : 'unlimited-bench');

// The answer that all contenders give, as far as they know it.
export const answerOf = (allowed, remaining, policy) => ({ allowed, remaining, limit: policies[policy].limit, policy });
