namespace OrleansLimiter.Valve.Tokens;

/// <summary>One secret that admissions are signed with, and the name by which tokens say so.</summary>
internal sealed class AdmissionKey(string id, byte[] secret)
{
    public string Id { get; } = id;

    public byte[] Secret { get; } = secret;
}
