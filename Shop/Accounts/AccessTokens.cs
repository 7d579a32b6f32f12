using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>Issues access tokens (JWT, RFC 9068) and says what a good one is. Immutable; safe for use by many threads.</summary>
internal sealed class AccessTokens
{
    public const string Issuer = "orleanslimiter";

    public const string Audience = "orleanslimiter-api";

    /// <summary>The header's <c>typ</c>.</summary>
    public const string Type = "at+jwt";

    /// <summary>The claim that names the session.</summary>
    public const string Session = JwtRegisteredClaimNames.Sid;

    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>How far the clocks of front ends may differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly SigningCredentials _signing;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public AccessTokens(TokenSettings settings, TimeProvider time)
    {
        _time = time;
        var key = new SymmetricSecurityKey(settings.Secret);
        _signing = new SigningCredentials(key, SecurityAlgorithms.HmacSha256);
        Validation = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidTypes = [Type],
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = key,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = Skew,
            LifetimeValidator = (notBefore, expires, _, _) => IsInTime(notBefore, expires),
            NameClaimType = JwtRegisteredClaimNames.Sub,
        };
    }

    /// <summary>What a good token is.</summary>
    public TokenValidationParameters Validation { get; }

    /// <summary>Issues one.</summary>
    /// <param name="user">Whom it speaks for.</param>
    /// <param name="session">The session that a logout ends; null: there is none.</param>
    /// <returns>The token.</returns>
    public string Issue(Guid user, Guid? session)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Sub] = user.ToString(),
            [JwtRegisteredClaimNames.Jti] = Guid.NewGuid().ToString("N"),
        };
        if (session is { } id)
            claims[Session] = id.ToString();
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = Type,
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = claims,
            SigningCredentials = _signing,
        });
    }

    /// <summary>By the injected clock; the library's own check reads the machine's.</summary>
    private bool IsInTime(DateTime? notBefore, DateTime? expires)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + Skew && (notBefore is not { } start || now >= start - Skew);
    }
}
