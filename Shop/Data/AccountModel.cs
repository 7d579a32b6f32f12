using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Shop.Accounts;

namespace OrleansLimiter.Shop.Data;

internal static class AccountModel
{
    private const int LongestHash = 256;
    private const int LongestAddress = 64;
    private const int HashBytes = 32;

    /// <summary>Adds them to the model.</summary>
    public static void Build(ModelBuilder model)
    {
        model.Entity<User>(user =>
        {
            user.Property(row => row.Id).ValueGeneratedNever();
            user.Property(row => row.Email).HasMaxLength(User.MaxEmail);
            user.Property(row => row.Name).HasMaxLength(User.MaxName);
            user.Property(row => row.PasswordHash).HasMaxLength(LongestHash);
            user.Property(row => row.ConfirmationHash).HasMaxLength(HashBytes);
            user.HasIndex(row => row.Email).IsUnique();
            user.HasIndex(row => row.ConfirmationHash).IsUnique();
        });
        model.Entity<KnownAddress>(known =>
        {
            known.HasKey(row => new { row.UserId, row.Address });
            known.Property(row => row.Address).HasMaxLength(LongestAddress);
            known.HasIndex(row => row.LastLoginAt);
            known.HasOne<User>().WithMany().HasForeignKey(row => row.UserId);
        });
        model.Entity<RefreshFamily>(family =>
        {
            family.Property(row => row.Id).ValueGeneratedNever();
            family.HasOne<User>().WithMany().HasForeignKey(row => row.UserId);
        });
        model.Entity<RefreshToken>(token =>
        {
            token.HasKey(row => row.Hash);
            token.Property(row => row.Hash).HasMaxLength(RefreshSecret.Bytes);
            token.Property(row => row.Successor).HasMaxLength(RefreshSecret.Bytes);
            token.HasIndex(row => row.ExpiresAt);
            token.HasOne<RefreshFamily>().WithMany().HasForeignKey(row => row.FamilyId);
        });
    }
}
