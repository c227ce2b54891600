#include "net/static_page.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace statelink {
namespace {

namespace fs = std::filesystem;

class static_page : public ::testing::Test {
 protected:
  static_page()
      : folder_(fs::temp_directory_path() / ("statelink-pages-" + std::to_string(::getpid()))) {
    write("site/index.html", "<h1>");
    write("site/docs/index.html", "<h2>");
    write("site/docs/a b.css", "a{}");
    write("site/empty/readme.txt", "x");
    write("site/.git/config", "secret");
    write("secret.txt", "secret");
    fs::create_symlink(folder_ / "secret.txt", folder_ / "site/link.txt");
    fs::create_symlink("docs/index.html", folder_ / "site/inside.html");
  }
  ~static_page() override { fs::remove_all(folder_); }

  void write(std::string const& name, std::string const& content) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << content;
  }
  page_reply get(std::vector<std::string> const& rest, std::string const& target = "/") {
    return file_reply(folder_ / "site", rest, target);
  }

  fs::path folder_;
};

TEST_F(static_page, files_of_a_folder) {
  auto const reply = get({"docs", "a b.css"});
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "text/css; charset=utf-8");
  EXPECT_EQ(reply.file, fs::canonical(folder_ / "site/docs/a b.css"));
  EXPECT_FALSE(reply.etag.empty());
}

TEST_F(static_page, a_folder_gives_its_index) {
  EXPECT_EQ(get({}).file, fs::canonical(folder_ / "site/index.html"));
  EXPECT_EQ(get({"docs"}, "/docs/").file, fs::canonical(folder_ / "site/docs/index.html"));
  EXPECT_EQ(get({"empty"}, "/empty/").status, 404u);
}

TEST_F(static_page, a_folder_without_its_slash_is_redirected) {
  auto const reply = get({"docs"}, "/docs?x=1");
  EXPECT_EQ(reply.status, 308u);
  EXPECT_EQ(reply.location, "/docs/?x=1");
}

TEST_F(static_page, nothing_outside_is_given) {
  for (std::vector<std::string> const& rest :
       std::vector<std::vector<std::string>>{{"..", "secret.txt"},
                                             {"../secret.txt"},
                                             {"docs/../../secret.txt"},
                                             {"..\\secret.txt"},
                                             {folder_ / "secret.txt"},
                                             {".git", "config"},
                                             {std::string("a\0b", 3)},
                                             {"link.txt"},
                                             {"no.txt"},
                                             {"index.html", "x"}}) {
    EXPECT_EQ(get(rest).status, 404u) << rest.front();
  }
}

TEST_F(static_page, links_within_are_followed) { EXPECT_EQ(get({"inside.html"}).status, 200u); }

TEST_F(static_page, a_single_file) {
  EXPECT_EQ(file_reply(folder_ / "secret.txt", {}, "/").status, 200u);
  EXPECT_EQ(file_reply(folder_ / "gone.txt", {}, "/").status, 404u);
}

TEST_F(static_page, a_changed_file_has_another_tag) {
  std::string const before = get({}).etag;
  write("site/index.html", "<h1>changed");
  EXPECT_NE(get({}).etag, before);
}

TEST_F(static_page, tags_match) {
  std::string const tag = etag_of("text");
  EXPECT_TRUE(has_match(tag, tag));
  EXPECT_TRUE(has_match("\"x\", W/" + tag, tag));
  EXPECT_TRUE(has_match("*", tag));
  EXPECT_FALSE(has_match("\"x\"", tag));
  EXPECT_FALSE(has_match("*", ""));
  EXPECT_NE(etag_of("texs"), tag);
}

TEST_F(static_page, content_types) {
  EXPECT_EQ(content_type_of("a/B.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("x.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("x"), "application/octet-stream");
}

}  // namespace
}  // namespace statelink
