# `cmake --install <build> --component development`: the libraries, their headers, the browser client,
# and what find_package(statelink) reads. The headers of nlohmann-json go along, for the libraries are
# compiled against this very version of them.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/statelink")
set(json_folder "${CMAKE_INSTALL_INCLUDEDIR}/statelink/third_party")

target_include_directories(statelink_core
                           PUBLIC "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_include_directories(statelink_json SYSTEM INTERFACE "$<INSTALL_INTERFACE:${json_folder}>")
set_target_properties(statelink_core PROPERTIES EXPORT_NAME core)
set_target_properties(statelink_net PROPERTIES EXPORT_NAME net)
set_target_properties(statelink_json PROPERTIES EXPORT_NAME json)

install(
  TARGETS statelink_core statelink_net statelink_json
  EXPORT statelink
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(
  EXPORT statelink
  NAMESPACE statelink::
  DESTINATION "${package_folder}"
  COMPONENT development)
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/cpp/include/statelink"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development)
install(
  DIRECTORY "${STATELINK_JSON_INCLUDE_DIR}/nlohmann"
  DESTINATION "${json_folder}"
  COMPONENT development)
install(
  FILES "${PROJECT_SOURCE_DIR}/client/dist/client.js"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/statelink"
  COMPONENT development)

set(STATELINK_CLIENT_SCRIPT "${CMAKE_INSTALL_DATADIR}/statelink/client.js")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/statelinkConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/statelinkConfig.cmake"
  INSTALL_DESTINATION "${package_folder}"
  PATH_VARS STATELINK_CLIENT_SCRIPT)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/statelinkConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/statelinkConfig.cmake"
        "${PROJECT_BINARY_DIR}/statelinkConfigVersion.cmake"
  DESTINATION "${package_folder}"
  COMPONENT development)
