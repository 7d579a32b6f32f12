namespace OrleansLimiter.Configuration;

/// <summary>What the text of a setting must be.</summary>
internal interface ISettingRule
{
    /// <summary>Reads the text.</summary>
    /// <returns>The text as the binder takes it; null where it breaks the rule.</returns>
    string? Read(string text);

    /// <summary>The rule, for messages; of a text that can be read in two ways it says how to write what was meant.</summary>
    string RuleFor(string text);
}

/// <summary>A rule that what code sets is held to as well.</summary>
internal interface IBoundsRule : ISettingRule
{
    /// <summary>Checks a value.</summary>
    /// <returns>The value as a message shows it; null where it is within the bounds.</returns>
    string? Breach(object value);
}
