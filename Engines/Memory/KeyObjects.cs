using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// What of a key is objects: 16 bytes, apart from its numbers, since they are read by every request and hardly ever written. Changed by
/// whoever holds the key.
/// </summary>
internal struct KeyObjects
{
    // The group, or a LongSubject that has it; null for a free place.
    private object? _owner;

    /// <summary>What of the state is not numbers of the first bandwidth; null in the usual case.</summary>
    public KeyRest? Rest;

    /// <summary>Tenant, policy and spec. There must be a key.</summary>
    public readonly KeyGroup Group => _owner is KeyGroup group ? group : Unsafe.As<LongSubject>(_owner!).Group;

    /// <summary>What the subject takes beside its place.</summary>
    public readonly int SubjectBytes => _owner is LongSubject subject ? subject.Bytes : 0;

    /// <summary>Whether they are those of a key, if the first bytes of its subject are the same.</summary>
    public readonly bool AreOf(in SubjectKey key) => _owner is KeyGroup group
        ? key.Subject.Length <= Memory.SubjectBytes.InPlace && group.Scope.Equals(key.Scope)
        : _owner is LongSubject subject && subject.Group.Scope.Equals(key.Scope) && subject.IsRestOf(key.Subject);

    /// <summary>Has a key count in a group.</summary>
    public void SetGroup(KeyGroup group, in SubjectKey key) =>
        _owner = key.Subject.Length <= Memory.SubjectBytes.InPlace ? group : LongSubject.Of(group, key.Subject);
}
