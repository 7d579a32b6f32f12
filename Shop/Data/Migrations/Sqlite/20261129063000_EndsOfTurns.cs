using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OrleansLimiter.Shop.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    internal sealed partial class EndsOfTurns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ConfirmBefore",
                table: "Users",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "ConfirmationHash",
                table: "Users",
                type: "BLOB",
                maxLength: 32,
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "NoticedAt",
                table: "Users",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "PausedAt",
                table: "Sales",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "EndedAdmissions",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Declined = table.Column<int>(type: "INTEGER", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    KeptUntil = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table => table.PrimaryKey("PK_EndedAdmissions", x => x.Id));

            migrationBuilder.CreateIndex(
                name: "IX_Users_ConfirmationHash",
                table: "Users",
                column: "ConfirmationHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_EndedAdmissions_KeptUntil",
                table: "EndedAdmissions",
                column: "KeptUntil");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "EndedAdmissions");

            migrationBuilder.DropIndex(
                name: "IX_Users_ConfirmationHash",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "ConfirmBefore",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "ConfirmationHash",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "NoticedAt",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "PausedAt",
                table: "Sales");
        }
    }
}
