using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OrleansLimiter.Shop.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    internal sealed partial class MeaningOfBodies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<byte[]>(
                name: "MeaningMac",
                table: "KeptReplies",
                type: "BLOB",
                maxLength: 32,
                nullable: true);

            // What the build before kept though it may be otherwise by now: nobody shall be answered so for a day.
            migrationBuilder.Sql("""
                DELETE FROM "KeptReplies" WHERE "Status" = 409 AND ("Body" LIKE '%"reason":"saleNotOpen"%' OR "Body" LIKE '%"reason":"admissionUsed"%')
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "MeaningMac",
                table: "KeptReplies");
        }
    }
}
